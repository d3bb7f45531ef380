"""
Fakes and contracts for tests: public API.
"""
