//! Values of proptest's strategies, determined by bytes.

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// Returns the value that the strategy generates from at most 32 bytes as its seed.
pub(crate) fn draw<T>(from: &impl Strategy<Value = T>, bytes: &[u8]) -> T {
    let mut seed = [0; 32];
    seed[..bytes.len()].copy_from_slice(bytes);
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let tree = from.new_tree(&mut TestRunner::new_with_rng(Config::default(), random));
    tree.expect("the strategies reject nothing").current()
}
