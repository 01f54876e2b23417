# README.md: module-specs and dist of a checkout, and a key.
# shellcheck shell=bash
KEY=$(key 'Us <us@example.org>')
export KEY
