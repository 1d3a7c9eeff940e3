//! What derived implementations do, and what the macro says of types that it cannot help.

mod behaviour;

#[test]
fn errors_point_at_the_field() {
    trybuild::TestCases::new().compile_fail("tests/errors/*.rs");
}
