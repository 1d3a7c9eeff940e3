//! The bounds of the implementation.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Data, DeriveInput, Error, Field, WhereClause, WherePredicate, parse_quote, parse2};

use crate::{
    body,
    options::{ContainerOptions, FieldOption},
};

/// The type's own where clause, with what the fields require.
pub(crate) fn of(input: &DeriveInput, options: &ContainerOptions) -> Result<WhereClause, Error> {
    let mut clause = input.generics.where_clause.clone().unwrap_or_else(|| parse_quote!(where));
    if let Some(bounds) = &options.bound {
        clause.predicates.extend(bounds.iter().cloned());
        return Ok(clause);
    }
    if input.generics.type_params().next().is_none() {
        return Ok(clause);
    }
    let krate = options.krate();
    match &input.data {
        Data::Enum(_) if !options.keep_variant => {
            let (_, arguments, _) = input.generics.split_for_impl();
            let name = &input.ident;
            clause.predicates.push(parse_quote!(#name #arguments: ::core::default::Default));
        }
        Data::Struct(data) => add(&mut clause, data.fields.iter(), input, &quote!(#krate::Clear))?,
        Data::Enum(data) => {
            add(&mut clause, data.variants.iter().flat_map(|variant| &variant.fields), input, &quote!(#krate::Clear))?;
        }
        Data::Union(_) => {}
    }
    Ok(clause)
}

/// Adds what each field requires whose type has a type parameter in it.
fn add<'a>(
    clause: &mut WhereClause,
    fields: impl Iterator<Item = &'a Field>,
    input: &DeriveInput,
    clear: &TokenStream,
) -> Result<(), Error> {
    for field in fields {
        let required = match FieldOption::of(field)? {
            FieldOption::Clear => clear.clone(),
            FieldOption::Default => quote!(::core::default::Default),
            FieldOption::Skip | FieldOption::With(_) => continue,
        };
        let of_type = &field.ty;
        if input.generics.type_params().any(|parameter| mentions(of_type.to_token_stream(), &parameter.ident)) {
            let predicate: WherePredicate = parse2(quote_spanned!(body::place_of(field)=> #of_type: #required))?;
            clause.predicates.push(predicate);
        }
    }
    Ok(())
}

/// Whether a type's tokens have the name of a parameter in them.
fn mentions(tokens: TokenStream, name: &syn::Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}
