"""Members: one person, several addresses, consent, language, PIN."""
