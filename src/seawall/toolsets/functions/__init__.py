"""Python functions as operations: what every kind shares whose operations are functions or methods of the operator's."""
