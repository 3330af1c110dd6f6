/** Makes a box that scrolls sideways or down a tab stop with a name, so that the keyboard can scroll it, and takes that back when it fits. */
export function markScrollBox(box: HTMLElement | null, label: string): void {
  if (box === null) return;
  const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
  if (scrolls === box.hasAttribute('tabindex')) return;
  if (scrolls) {
    box.setAttribute('tabindex', '0');
    box.setAttribute('role', 'region');
    box.setAttribute('aria-label', label);
  } else {
    for (const name of ['tabindex', 'role', 'aria-label']) box.removeAttribute(name);
  }
}
