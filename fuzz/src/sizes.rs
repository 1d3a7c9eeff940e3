//! The configurations that are fuzzed.

/// Calls a macro with them. Where it is called there must be a module `configurations`. Not all those of the tests, since
/// each makes the build longer: slots that retire, keys that repeat, threads without a shard, reserved bits.
macro_rules! fuzzed_configurations {
    ($of:ident) => {
        $of! { configurations::Retiring, configurations::Wrapping, configurations::Crowded, configurations::Reserved }
    };
}
pub(crate) use fuzzed_configurations;
