"""Who acts: credentials and what they may do. Nothing about a person enters the journal."""
