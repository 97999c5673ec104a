"""What the rules ask of clients, tokens and papers, carried out. Outcomes reach the core as gates, by command."""
