"""What describes the interface to programs and people, made from the tables that the servers work from.

OpenAPI and AsyncAPI documents, the catalogue of errors, a page to try endpoints on, and llms.txt (spec/documents.md).
"""
