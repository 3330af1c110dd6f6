/** What the page of a view is made of; addresses are those that the webview may load from. */
export interface PageParts {
  readonly title: string;
  /** Under which the page keeps its state in the browser: letters, digits and hyphens. */
  readonly stateKey: string;
  readonly nonce: string;
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly iconsUri: string;
}

/** The page of a view: everything is forbidden but our own bundle, the icon font and pictures that are in the page already. */
export function pageHtml({ title, stateKey, nonce, cspSource, scriptUri, iconsUri }: PageParts): string {
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    `img-src ${cspSource} data: blob:`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="${iconsUri}">
</head>
<body data-state-key="${stateKey}">
<script nonce="${nonce}" src="${scriptUri}"></script>
</body>
</html>
`;
}
