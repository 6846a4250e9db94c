//! What merchants do with their products.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::{
    id::{ProductId, StoreId, TypedId},
    product,
};

use super::Product;
use crate::{
    catalog::{OptionWish, ProductWish, Refusal, create_product, delete_product, update_product},
    fault::{Failure, Outcome},
    graphql::{
        ApiError, AppContext, IdArgument, InputError, UserError, UserErrorCode, settle, won::Won,
    },
    text::message,
};

/// An option as it is to be.
#[derive(InputObject)]
pub struct ProductOptionInput {
    /// Which of the product's options it is, also one that was taken off sale; begins with `option_`. Leave it out for a
    /// new one.
    id: Option<ID>,
    /// What sets it apart from the product's other options: 1 to 100 characters, another for each.
    name: String,
    /// What one piece costs: 1 to 1,000,000,000 won.
    price: Won,
    /// How many pieces there are of a new option, 0 if left out. Those of an option that is there already are changed
    /// with `adjustStock`.
    stock_quantity: Option<i32>,
}

/// A product to put on sale.
#[derive(InputObject)]
pub struct CreateProductInput {
    /// The store that sells it; begins with `store_`.
    store_id: ID,
    /// What it is called: 1 to 100 characters.
    name: String,
    /// What it is, in at most 10,000 characters.
    #[graphql(default)]
    description: String,
    /// What can be bought of it, in this order: 1 to 100 options.
    options: Vec<ProductOptionInput>,
}

/// What is to be different about a product; what is left out stays as it is.
#[derive(InputObject)]
pub struct UpdateProductInput {
    /// The product; begins with `product_`.
    product_id: ID,
    /// What it is called: 1 to 100 characters.
    name: Option<String>,
    /// What it is, in at most 10,000 characters.
    description: Option<String>,
    /// All options that are to be on sale, in this order: 1 to 100. One that is on sale and not among them is taken off
    /// sale.
    options: Option<Vec<ProductOptionInput>>,
}

/// Which product to take off sale.
#[derive(InputObject)]
pub struct DeleteProductInput {
    /// The product; begins with `product_`.
    product_id: ID,
}

macro_rules! product_payloads {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The product as it is now; null if there are user errors.
            product: Option<Product>,
            /// Why nothing was changed; empty on success.
            user_errors: Vec<UserError>,
        }

        impl $name {
            fn of(outcome: Outcome<product::Model, UserError>) -> Result<Self, ApiError> {
                let (product, user_errors) = settle(outcome)?;
                Ok(Self { product: product.map(Product::from), user_errors })
            }
        }
    )+};
}

product_payloads! {
    /// What putting a product on sale gives.
    CreateProductPayload
    /// What changing a product gives.
    UpdateProductPayload
    /// What taking a product off sale gives.
    DeleteProductPayload
}

#[derive(Default)]
pub struct CatalogMutation;

#[Object]
impl CatalogMutation {
    /// Puts a product on sale in your store.
    async fn create_product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to put on sale.")] input: CreateProductInput,
    ) -> Result<Option<CreateProductPayload>, ApiError> {
        let caller = ctx.caller()?;
        let create = async || {
            let store_id: StoreId = parsed(&input.store_id, "storeId")?;
            let options = wishes(input.options).map_err(refused)?;
            let (name, description) = (&input.name, input.description);
            create_product(ctx.app(), &caller, store_id, name, description, options)
                .await
                .map_err(|failure| failure.map_refusal(told))
        };
        CreateProductPayload::of(create().await).map(Some)
    }

    /// Changes a product of your store, and its options: those that the list names are changed, those without an id are
    /// added, and those that it leaves out are taken off sale. Orders keep showing what they bought.
    async fn update_product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be different.")] input: UpdateProductInput,
    ) -> Result<Option<UpdateProductPayload>, ApiError> {
        let caller = ctx.caller()?;
        let update = async || {
            let product_id: ProductId = parsed(&input.product_id, "productId")?;
            let options = input.options.map(wishes).transpose().map_err(refused)?;
            let wish = ProductWish {
                name: input.name,
                description: input.description,
                options,
            };
            update_product(ctx.app(), &caller, product_id, wish)
                .await
                .map_err(|failure| failure.map_refusal(told))
        };
        UpdateProductPayload::of(update().await).map(Some)
    }

    /// Takes a product of your store off sale. Orders keep showing it, and it is found by its id. Taken off sale again,
    /// it is given as it is.
    async fn delete_product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which product to take off sale.")] input: DeleteProductInput,
    ) -> Result<Option<DeleteProductPayload>, ApiError> {
        let caller = ctx.caller()?;
        let delete = async || {
            let product_id: ProductId = parsed(&input.product_id, "productId")?;
            delete_product(ctx.app(), &caller, product_id)
                .await
                .map_err(|failure| failure.map_refusal(told))
        };
        DeleteProductPayload::of(delete().await).map(Some)
    }
}

fn wishes(options: Vec<ProductOptionInput>) -> Result<Vec<OptionWish>, InputError> {
    let wish = |(index, option): (usize, ProductOptionInput)| {
        let path = ["options", &index.to_string(), "id"];
        Ok(OptionWish {
            id: option.id.map(|id| id.parse_input(&path)).transpose()?,
            name: option.name,
            price: option.price.0,
            stock_quantity: option.stock_quantity,
        })
    };
    options.into_iter().enumerate().map(wish).collect()
}

fn parsed<I: TypedId>(id: &ID, field: &str) -> Result<I, Failure<UserError>> {
    id.parse_input(&[field]).map_err(refused)
}

fn refused(error: InputError) -> Failure<UserError> {
    Failure::Refused(error.into())
}

fn told(refusal: Refusal) -> UserError {
    use UserErrorCode::{InvalidInput, NotFound, ProductUnavailable};
    let error = match refusal {
        Refusal::Invalid(invalid) => InputError {
            path: Some(invalid.path),
            ..InputError::new(InvalidInput, invalid.message)
        },
        Refusal::NoSuchStore => {
            InputError::new(NotFound, message!("store-not-found")).at(&["storeId"])
        }
        Refusal::NoSuchProduct => {
            InputError::new(NotFound, message!("catalog-product-not-found")).at(&["productId"])
        }
        Refusal::NoSuchOption { index } => {
            InputError::new(NotFound, message!("catalog-option-not-found")).at(&[
                "options",
                &index.to_string(),
                "id",
            ])
        }
        Refusal::Deleted => {
            InputError::new(ProductUnavailable, message!("catalog-product-deleted"))
                .at(&["productId"])
        }
    };
    error.into()
}
