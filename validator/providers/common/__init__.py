"""What several clouds share: beliefs about conditions, XML, unknown values, swapped fields."""
