/** An action for what scrolls sideways: while there is more than is seen, the keyboard reaches it and its arrows move it. */
export function reachable(node: HTMLElement): { destroy: () => void } {
  const look = (): void => {
    if (node.scrollWidth > node.clientWidth) node.tabIndex = 0;
    else node.removeAttribute("tabindex");
  };
  const watching = new ResizeObserver(look);
  watching.observe(node);
  for (const child of node.children) watching.observe(child);
  return { destroy: () => watching.disconnect() };
}
