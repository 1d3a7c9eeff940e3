//! Nothing: the package exists for its test, `../tests/interface`, which here meets the published `sharded-slab`.
