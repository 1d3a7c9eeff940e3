//! Which traits a type implements, as a value, so that what it must not implement can be tested too.

/// Whether a type implements a trait: the inherent constant is there only if it does, and goes before the trait's.
macro_rules! implements {
    ($type:ty: $bound:path) => {{
        #[allow(dead_code, reason = "unused where the type implements the trait")]
        trait Otherwise {
            const IMPLEMENTS: bool = false;
        }
        impl<T> Otherwise for T {}
        struct Probe<T>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "unused where the type does not implement the trait")]
        impl<T: $bound> Probe<T> {
            const IMPLEMENTS: bool = true;
        }
        <Probe<$type>>::IMPLEMENTS
    }};
}
pub(crate) use implements;
