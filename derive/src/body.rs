//! What `clear` does.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Data, DataEnum, DeriveInput, Error, Field, Fields, Index, Member, Path, spanned::Spanned};

use crate::options::{self, ContainerOptions, FieldOption};

pub(crate) fn of(input: &DeriveInput, options: &ContainerOptions) -> Result<TokenStream, Error> {
    match &input.data {
        Data::Struct(data) => {
            let fields = members(&data.fields).map(|(member, field)| {
                let place = quote_spanned!(place_of(field)=> self.#member);
                cleared(field, &place, &quote_spanned!(place_of(field)=> &mut #place), &options.krate())
            });
            fields.collect()
        }
        Data::Enum(data) if options.keep_variant => variants(data, &options.krate()),
        Data::Enum(data) => {
            for variant in &data.variants {
                options::refuse(&variant.attrs, "a variant")?;
                for field in &variant.fields {
                    options::refuse(&field.attrs, "the field of an enum without `keep_variant`")?;
                }
            }
            let place = options::place_of(input);
            Ok(quote_spanned!(place=> *self = <Self as ::core::default::Default>::default();))
        }
        Data::Union(data) => {
            Err(Error::new(data.union_token.span(), "a union does not know its fields: implement `Clear` by hand"))
        }
    }
}

/// Clears the fields of whichever variant it is.
fn variants(data: &DataEnum, krate: &Path) -> Result<TokenStream, Error> {
    let mut arms = TokenStream::new();
    for variant in &data.variants {
        options::refuse(&variant.attrs, "a variant")?;
        let name = &variant.ident;
        let (mut patterns, mut body) = (TokenStream::new(), TokenStream::new());
        for (number, (member, field)) in members(&variant.fields).enumerate() {
            let binding = format_ident!("field_{number}", span = place_of(field));
            patterns.extend(quote!(#member: #binding,));
            let statement = cleared(field, &quote!(*#binding), &quote!(#binding), krate)?;
            // A field that is skipped is not bound in vain.
            body.extend(quote!(let _ = &#binding; #statement));
        }
        arms.extend(quote!(Self::#name { #patterns } => { #body }));
    }
    // An enum without variants has no values; a reference to it needs to be looked through.
    Ok(if data.variants.is_empty() { quote!(match *self {}) } else { quote!(match self { #arms }) })
}

/// The fields with their names or numbers.
fn members(fields: &Fields) -> impl Iterator<Item = (Member, &Field)> {
    fields.iter().enumerate().map(|(number, field)| match &field.ident {
        Some(name) => (Member::Named(name.clone()), field),
        None => (Member::Unnamed(Index::from(number)), field),
    })
}

/// The statement that clears a field, of which there are its place and a reference to it. Errors in it point at the field's type, or at the function.
fn cleared(field: &Field, place: &TokenStream, reference: &TokenStream, krate: &Path) -> Result<TokenStream, Error> {
    let of_type = &field.ty;
    Ok(match FieldOption::of(field)? {
        FieldOption::Clear => quote_spanned!(place_of(field)=> <#of_type as #krate::Clear>::clear(#reference);),
        FieldOption::Skip => TokenStream::new(),
        FieldOption::Default => {
            quote_spanned!(place_of(field)=> #place = <#of_type as ::core::default::Default>::default();)
        }
        FieldOption::With(function) => quote!(#function(#reference);),
    })
}

/// The place that an error about a field names. Names in it are looked up where the derive stands, also if the type came
/// through a macro.
pub(crate) fn place_of(field: &Field) -> Span {
    field.ty.span().resolved_at(Span::call_site())
}
