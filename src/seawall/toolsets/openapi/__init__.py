"""The `openapi` kind: operations of a REST API, from its OpenAPI or Swagger description."""
