"""A webhook receiver: it verifies each request, stores the event durably, responds, and then handles it."""
