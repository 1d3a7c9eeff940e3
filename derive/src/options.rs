//! The options in `#[clear(…)]`.

use proc_macro2::Span;
use syn::{
    Attribute, Data, DeriveInput, Error, ExprPath, Field, Path, Token, WherePredicate, parenthesized, parse_quote,
    punctuated::Punctuated, spanned::Spanned,
};

const NAME: &str = "clear";

/// What becomes of a field.
pub(crate) enum FieldOption {
    Clear,
    Skip,
    Default,
    With(ExprPath),
}

impl FieldOption {
    pub(crate) fn of(field: &Field) -> Result<Self, Error> {
        let mut option = None;
        for attribute in of_ours(&field.attrs) {
            attribute.parse_nested_meta(|meta| {
                let found = if meta.path.is_ident("skip") {
                    Self::Skip
                } else if meta.path.is_ident("default") {
                    Self::Default
                } else if meta.path.is_ident("with") {
                    Self::With(meta.value()?.parse()?)
                } else {
                    return Err(meta.error("unknown option; a field has `skip`, `default` or `with = path`"));
                };
                match option.replace(found) {
                    None => Ok(()),
                    Some(_) => Err(meta.error("a field has one option only")),
                }
            })?;
        }
        Ok(option.unwrap_or(Self::Clear))
    }
}

/// The options of a type.
#[derive(Default)]
pub(crate) struct ContainerOptions {
    pub(crate) keep_variant: bool,
    /// The bounds, if they are given.
    pub(crate) bound: Option<Punctuated<WherePredicate, Token![,]>>,
    krate: Option<Path>,
}

impl ContainerOptions {
    pub(crate) fn of(input: &DeriveInput) -> Result<Self, Error> {
        let mut options = Self::default();
        for attribute in of_ours(&input.attrs) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("keep_variant") {
                    if !matches!(input.data, Data::Enum(_)) {
                        return Err(meta.error("`keep_variant` is for enums"));
                    }
                    options.keep_variant = true;
                } else if meta.path.is_ident("bound") {
                    let content;
                    parenthesized!(content in meta.input);
                    options.bound =
                        Some(content.parse_terminated(<WherePredicate as syn::parse::Parse>::parse, Token![,])?);
                } else if meta.path.is_ident("crate") {
                    options.krate = Some(meta.value()?.parse()?);
                } else {
                    let known = "unknown option; a type has `keep_variant`, `bound(…)` or `crate = path`";
                    return Err(meta.error(known));
                }
                Ok(())
            })?;
        }
        Ok(options)
    }

    /// Where flagstone is.
    pub(crate) fn krate(&self) -> Path {
        self.krate.clone().unwrap_or_else(|| parse_quote!(::flagstone))
    }
}

/// Refuses options where none have a meaning.
pub(crate) fn refuse(attributes: &[Attribute], what: &str) -> Result<(), Error> {
    match of_ours(attributes).next() {
        Some(attribute) => Err(Error::new(attribute.span(), format!("{what} has no options"))),
        None => Ok(()),
    }
}

fn of_ours(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident(NAME))
}

/// The place that an error about the whole type names.
pub(crate) fn place_of(input: &DeriveInput) -> Span {
    input.ident.span().resolved_at(Span::call_site())
}
