import { multiply } from "../../words/amounts.ts";

/** A share, such as 0.0012, in hundredths: 0.12. */
export const percent = (share: string): string => multiply(share, "100");
