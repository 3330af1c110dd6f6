import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostModes, SandboxHost, whyNoSandbox } from '../support/sandbox/sandboxHost.ts';

const agent = '00000000-0000-7000-8000-000000000045';
const unavailable = whyNoSandbox();

/** Programs that look into /etc, at the name of the host or at each other, or set a group bit; the first word is what must be installed. */
const programs: readonly (readonly [program: string, what: string, script: string])[] = [
  ['python3', 'finds the own host by its name', `python3 -c 'import socket; print(socket.getaddrinfo(socket.gethostname(), None))'`],
  ['python3', 'finds localhost', `python3 -c 'import socket; print(socket.getaddrinfo("localhost", 80))'`],
  ['python3', 'knows services and protocols by name', `python3 -c 'import socket; print(socket.getservbyname("https"), socket.getprotobyname("tcp"))'`],
  ['python3', 'shares work between processes', `python3 -c 'import multiprocessing as m
with m.get_context("fork").Pool(2) as p: print(p.map(abs, [-1, -2]))'`],
  ['python3', 'knows types and the locale', `python3 -c 'import mimetypes, locale; locale.setlocale(locale.LC_ALL, ""); print(mimetypes.guess_type("a.html"))'`],
  ['python3', 'knows the name of the own user', `python3 -c 'import getpass, pwd, os; print(pwd.getpwuid(os.getuid()).pw_name, getpass.getuser())'`],
  ['python3', 'has certificates to trust', `python3 -c 'import ssl; c = ssl.create_default_context(); exit(0 if c.cert_store_stats()["x509_ca"] or c.get_ca_certs() else 1)'`],
  ['java', 'starts', 'java -version'],
  ['java', 'finds its security files and the own host', `printf 'import java.security.*;\\npublic class H { public static void main(String[] a) throws Exception { System.out.println(MessageDigest.getInstance("SHA-256").digest("x".getBytes()).length); System.out.println(java.net.InetAddress.getLocalHost()); KeyStore.getInstance("PKCS12"); } }\\n' > H.java && java -XX:-UsePerfData H.java`],
  ['mvn', 'finds its files', 'mvn -v'],
  ['git', 'shares a repository with a group', 'git init -q --shared=group shared'],
  ['git', 'commits', `git init -q own && cd own && git -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m one && git log --oneline`],
  ['sh', 'sets the bit of a group', 'mkdir g && chmod g+s g && test -g g'],
  ['sh', 'makes a folder of a group', 'mkdir -m 2775 m && test -g m'],
  ['sh', 'copies modes', 'touch f && chmod 2755 f && cp -a f f2 && test -g f2'],
  ['tar', 'packs and unpacks modes', 'mkdir -m 2775 t && tar cf t.tar t && rm -r t && tar xpf t.tar && test -g t'],
  ['node', 'starts other programs', `node -e 'const r=require("child_process").spawnSync("echo",["x"]);if(r.status!==0)throw r.error??new Error("status "+r.status)'`],
  ['node', 'finds the own host by its name', `node -e 'require("dns").lookup(require("os").hostname(),e=>{if(e)throw e})'`],
  ['gcc', 'compiles and links', `printf 'int main(void){return 0;}\\n' > a.c && gcc -o a a.c && ./a`],
  ['make', 'makes', `printf 'all:\\n\\t@echo made\\n' > Makefile && make`],
  ['perl', 'knows the locale', `perl -MPOSIX -e 'print setlocale(LC_ALL,"C.UTF-8"),"\\n"'`],
  ['ssh', 'reads its settings', 'ssh -G example.org'],
  ['openssl', 'finds its settings', 'openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=a -keyout k -out c -days 1'],
  ['vim', 'starts', 'vim -es -c q'],
  ['sqlite3', 'keeps a database', `sqlite3 d.db 'create table t(a); insert into t values(1); select * from t'`],
  ['gdb', 'runs a program', 'gdb -batch -ex run /usr/bin/true 2>&1 | grep "exited normally"'],
  ['strace', 'follows a program and its children', 'strace -f -o trace sh -c "true; true" && grep "exited with 0" trace'],
  ['dpkg-deb', 'builds a package, making sure of its room', `mkdir -p p/DEBIAN && printf 'Package: a\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@example.org>\\nDescription: a\\n' > p/DEBIAN/control && dpkg-deb --build p a.deb && dpkg-deb -x a.deb out`],
  ['fallocate', 'falls back to writing where it is told to make sure', 'fallocate --posix -l 100000 room && test $(stat -c %s room) = 100000'],
  ['fc-list', 'finds its fonts', 'fc-list'],
];

describe.each(hostModes)('in a sandbox of a gateway that runs as %s', (mode) => {
  let host: SandboxHost;

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    host = await SandboxHost.start(mode);
    await host.prepare(agent);
  });

  afterAll(async () => await host?.dispose());

  for (const [program, what, script] of programs) {
    it(`${program} ${what}`, async (context) => {
      if (unavailable !== undefined) return context.skip(unavailable);
      if (!['/usr/bin', '/bin', '/usr/local/bin'].some((folder) => fs.existsSync(`${folder}/${program}`))) return context.skip(`${program} is not installed where a sandbox sees it`);
      const inOwnFolder = `cd "$(mktemp -d)" && ${script}`;
      const body = `const { status, stdout, stderr } = require('child_process').spawnSync('/bin/sh', ['-c', ${JSON.stringify(inOwnFolder)}], { encoding: 'utf8' }); return status === 0 ? 'works' : status + ': ' + stdout + stderr;`;
      expect(await host.run(agent, body)).toEqual({ value: 'works' });
    });
  }
});
