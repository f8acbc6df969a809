"""Helpers of one subject each, shared by the test files of that subject."""
