/** Asks once before something that takes much away, or that a slip of the hand may have begun. One dialog for the page. */

export interface Asked {
  title: string;
  words: string;
  act: string;
  /** Of what takes nothing away. */
  isPlain?: boolean;
}

interface Dialog {
  asked: Asked | null;
}

export const dialog: Dialog = $state({ asked: null });
let answer: ((yes: boolean) => void) | null = null;

export function confirm(asked: Asked): Promise<boolean> {
  answer?.(false);
  dialog.asked = asked;
  return new Promise((resolve) => (answer = resolve));
}

export function decide(yes: boolean): void {
  dialog.asked = null;
  answer?.(yes);
  answer = null;
}
