"""Three shops to try Maita with: their files, their people, and the loading of both.

The `.toml` files are what `maita tenant create --from` takes. Tokens, secrets and the carriers'
addresses are added when they are loaded, since those belong to one installation.
"""
