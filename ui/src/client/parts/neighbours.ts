/** Pages of the account in the order in which they are shown, each with the key of its title. */
export const NEIGHBOURS = {
  "/account": "shell.account",
  "/onboarding": "client.page_onboarding",
  "/limits": "client.page_limits",
  "/knowledge": "client.page_knowledge",
  "/risk-profile": "client.page_risk_profile",
  "/agreements": "client.page_agreements",
  "/wallet": "shell.wallet",
  "/statements": "client.page_statements",
  "/notices": "client.page_notices",
  "/security": "client.page_security",
  "/complaints": "client.page_complaints",
} as const;
