"""The operator's own money: figures by one officer and approved by another, what they come to, what must be told."""
