// The floor of the benchmarks: posts values of the clock that all processes share to a page that writes them into its document, and has an empty text area.
const vscode = require('vscode');

const page = `<!DOCTYPE html><html><body><div class="log"></div><textarea></textarea><script>
const log = document.querySelector('.log');
addEventListener('message', ({ data }) => log.append(data + ' '));
</script></body></html>`;

exports.activate = (context) => {
  const provider = {
    resolveWebviewView(view) {
      view.webview.options = { enableScripts: true };
      view.webview.html = page;
      const timer = setInterval(() => void view.webview.postMessage((1e12 + Number(process.hrtime.bigint()) / 1e6).toFixed(3)), 50);
      view.onDidDispose(() => clearInterval(timer));
    },
  };
  context.subscriptions.push(vscode.window.registerWebviewViewProvider('floor.view', provider));
};
