"""BLAKE3 of bytes, by the published test vectors."""

from leindex_rust import hash_bytes


def test_hashes_are_those_of_the_published_test_vectors() -> None:
    assert hash_bytes(b"").hex() == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    assert hash_bytes(b"\0").hex() == "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"
