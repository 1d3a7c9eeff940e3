//! `#[derive(Clear)]`, for values of flagstone's pools. Use it through flagstone's feature `derive`.

mod body;
mod bounds;
mod options;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, parse_macro_input};

use self::options::ContainerOptions;

/// Implements flagstone's trait `Clear`.
///
/// A struct or tuple struct clears each of its fields, in the order of their declaration. If one panics, the later ones
/// are not cleared; the pool drops the value then.
///
/// An enum becomes its [`Default`], whichever variant it was, so that no value keeps what its previous user chose.
/// (What the old variant owned is dropped.) So it must implement `Default`, and its fields have no options. With
/// `#[clear(keep_variant)]` it keeps its variant instead, and clears the fields.
///
/// # Options of a field
///
/// | option | the field |
/// | --- | --- |
/// | | is cleared; its type must implement `Clear` |
/// | `#[clear(skip)]` | stays as it is |
/// | `#[clear(default)]` | becomes its [`Default`] |
/// | `#[clear(with = path)]` | is passed to a function, as `&mut` |
///
/// A field has one option at most. Unions are refused.
///
/// # Options of a type
///
/// | option | |
/// | --- | --- |
/// | `#[clear(keep_variant)]` | as above, for enums |
/// | `#[clear(bound(T: Clear))]` | replaces the generated bounds: by default the type of each field that mentions a type parameter gets a bound, `Clear`, or `Default` for `#[clear(default)]`; give it for a recursive type |
/// | `#[clear(crate = path)]` | where flagstone is, if not at `::flagstone` |
///
/// # Examples
///
/// ```
/// use flagstone::{Clear, Pool};
///
/// #[derive(Default, Clear)]
/// struct Request<B> {
///     path: String,
///     body: Vec<B>,
///     #[clear(skip)]
///     uses: u64,
///     #[clear(with = truncate)]
///     scratch: Vec<u8>,
///     state: State,
/// }
///
/// #[derive(Default, Clear, PartialEq, Debug)]
/// enum State {
///     #[default]
///     New,
///     Sent { bytes: usize },
/// }
///
/// fn truncate(scratch: &mut Vec<u8>) {
///     scratch.clear();
///     scratch.shrink_to(4096);
/// }
///
/// let pool: Pool<Request<u8>> = Pool::new();
/// let mut request = pool.lend().unwrap();
/// request.path.push_str("/index.html");
/// request.uses += 1;
/// request.state = State::Sent { bytes: 11 };
/// drop(request);
///
/// let request = pool.lend().unwrap();
/// assert_eq!((request.path.as_str(), request.uses, &request.state), ("", 1, &State::New));
/// ```
#[proc_macro_derive(Clear, attributes(clear))]
pub fn derive_clear(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    implementation(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn implementation(input: &DeriveInput) -> Result<TokenStream, Error> {
    let options = ContainerOptions::of(input)?;
    let body = body::of(input, &options)?;
    let clause = bounds::of(input, &options)?;
    let krate = options.krate();
    let name = &input.ident;
    let (parameters, arguments, _) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #parameters #krate::Clear for #name #arguments #clause {
            #[inline]
            fn clear(&mut self) {
                #body
            }
        }
    })
}
