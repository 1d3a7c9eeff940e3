//! The configurations that are fuzzed.

/// Calls a macro with the configurations. The calling module must have a module `configurations`. These are not all of
/// the tests' configurations, because each makes the build longer: slots that retire, keys that repeat, threads without
/// a shard, reserved bits.
macro_rules! fuzzed_configurations {
    ($of:ident) => {
        $of! { configurations::Retiring, configurations::Wrapping, configurations::Crowded, configurations::Reserved }
    };
}
pub(crate) use fuzzed_configurations;
