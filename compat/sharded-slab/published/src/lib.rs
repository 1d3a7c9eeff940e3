//! Empty: the package exists for its test, `../tests/interface`, which here runs against the published `sharded-slab`.
