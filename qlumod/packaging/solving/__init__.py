"""Choosing the packages of modules: the policy, over the worlds of a packaging."""
