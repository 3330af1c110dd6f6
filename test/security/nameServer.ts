import dgram from 'node:dgram';
import { once } from 'node:events';

/** A record of an address, 192.0.2.7, for the name that was asked for. */
const answer = Buffer.from('c00c00010001000000000004c0000207', 'hex');
const headBytes = 12;
const flagsOfOneAnswer = '81800001000100000000';

/** A name server on 127.0.0.1 that answers every question for an address. */
export async function openNameServer(): Promise<dgram.Socket> {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (asked, { port, address }) => {
    const questionEnd = asked.indexOf(0, headBytes) + 5;
    socket.send(Buffer.concat([asked.subarray(0, 2), Buffer.from(flagsOfOneAnswer, 'hex'), asked.subarray(headBytes, questionEnd), answer]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
