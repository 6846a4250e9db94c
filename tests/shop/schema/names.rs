//! Everything is described, and what clients rely on is called as they know it.

use serde_json::Value;

use super::{capitalized, fields, innermost, list, name, types};
use crate::support::Shop;

both! {
    async fn everything_in_the_schema_is_described(shop: Shop) {
        // GraphQL's own.
        let scalars = ["Boolean", "Float", "ID", "Int", "String"];
        let mut bare = Vec::new();
        let mut look = |what: String, of: &Value| {
            if of["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
                bare.push(what);
            }
        };
        for (type_name, of) in types(&shop).await {
            if !scalars.contains(&type_name.as_str()) {
                look(type_name.clone(), &of);
            }
            for field in list(&of["fields"]) {
                let path = format!("{type_name}.{}", name(field));
                look(path.clone(), field);
                for argument in list(&field["args"]) {
                    look(format!("{path}({})", name(argument)), argument);
                }
            }
            for member in list(&of["inputFields"]).iter().chain(list(&of["enumValues"])) {
                look(format!("{type_name}.{}", name(member)), member);
            }
        }
        assert!(bare.is_empty(), "without a description: {bare:#?}");
    }

    async fn every_name_that_clients_rely_on_is_there(shop: Shop) {
        let types = types(&shop).await;
        let mut missing = Vec::new();
        for line in CONTRACT.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (type_name, members) = line.split_once(':').expect("a type and its members");
            let Some(of) = types.get(type_name) else {
                missing.push(type_name.to_owned());
                continue;
            };
            for member in members.split_whitespace() {
                let (member, arguments) = match member.split_once('(') {
                    Some((member, arguments)) => (member, arguments.trim_end_matches(')')),
                    None => (member, ""),
                };
                let lists = ["fields", "inputFields", "enumValues"].map(|list| &of[list]);
                let found = lists.into_iter().flat_map(list).find(|of| name(of) == member);
                let has = |argument: &&str| {
                    found.is_some_and(|of| list(&of["args"]).iter().any(|of| name(of) == *argument))
                };
                if found.is_none() {
                    missing.push(format!("{type_name}.{member}"));
                }
                let arguments = arguments.split(',').filter(|argument| !argument.is_empty());
                for argument in arguments.filter(|argument| !has(argument)) {
                    missing.push(format!("{type_name}.{member}({argument})"));
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }

    async fn every_mutation_takes_one_input_and_gives_one_payload_with_user_errors(shop: Shop) {
        let types = types(&shop).await;
        for of in types.values().filter(|of| name(of).ends_with("Payload")) {
            assert!(fields(&types, &name(of)).contains("userErrors"), "{}", name(of));
        }
        for mutation in list(&types["Mutation"]["fields"]) {
            let capitalized = capitalized(&name(mutation));
            assert_eq!(mutation["type"]["name"], format!("{capitalized}Payload"), "nullable, of its own");
            let arguments = list(&mutation["args"]);
            assert!(arguments.len() <= 1, "{}", name(mutation));
            for argument in arguments {
                assert_eq!(innermost(&argument["type"]), format!("{capitalized}Input"));
            }
        }
    }
}

/// Types with their fields (and arguments), input fields or values.
const CONTRACT: &str = "
    Node: id
    Query: node(id) nodes(ids) me products(filter,sort,first,after,last,before) product(id) popularProducts(days,first) cart orders(filter,first,after,last,before) order(id,orderKey) pendingOrder stores(first,after,last,before) store(id)
    Mutation: signUp(input) signIn(input) refreshSession(input) signOut changePassword(input) chargePoints(input) addToCart(input) updateCartItem(input) removeFromCart(input) clearCart placeOrder(input) confirmPayment(input) abandonPayment(input) cancelOrder(input) sendGift(input) registerMerchant(input) setStoreOpen(input) updateStore(input) createProduct(input) updateProduct(input) deleteProduct(input) adjustStock(input) registerCoupon(input) publishCoupons(input) createPictureUpload(input)
    Subscription: orderStatusChanged(orderId,after) myOrderEvents giftReceived stockChanged(productId)
    Role: MEMBER MERCHANT ADMIN
    Member: id userId nickname role createdAt userPoint orders(filter,first,after,last,before) coupons(status,first,after,last,before) gifts(first,after,last,before) store
    UserPoint: id balance entries(first,after,last,before)
    PointAction: CHARGE USE REFUND
    PointEntry: id action amount balanceAfter order payment createdAt
    Store: id name isOpen acceptMinutes products(first,after,last,before)
    Product: id name description imageUrl(width) price options stockQuantity store isDeleted createdAt
    ProductOption: id name price stockQuantity isDeleted product adjustments(first,after,last,before)
    StockAdjustment: id delta quantityAfter reason member option createdAt
    StockAdjustmentConnection: edges nodes pageInfo totalCount
    PopularProduct: rank product quantitySold
    ProductFilter: search storeId inStock minPrice maxPrice
    ProductSort: NEWEST PRICE_ASC PRICE_DESC NAME
    Cart: id items totalQuantity total updatedAt
    CartItem: id option quantity unitPrice lineTotal isAvailable
    OrderStatus: PENDING_PAYMENT PAID ACCEPTED READY COMPLETED CANCELED
    CancelReason: CUSTOMER STORE_REFUSED NOT_ACCEPTED_IN_TIME PAYMENT_FAILED PAYMENT_ABANDONED PAYMENT_EXPIRED OUT_OF_STOCK
    Order: id orderKey member status items itemsTotal discount pointsUsed amountDue refunded payments history isCancelable placedAt paymentExpiresAt coupon
    OrderItem: id option productName optionName unitPrice quantity lineTotal discount status cancelReason acceptBy store
    OrderEvent: sequence order status items reason note at
    Mutation: acceptOrder(input) refuseOrder(input) markOrderReady(input) completeOrder(input)
    AcceptOrderInput: orderId
    AcceptOrderPayload: order userErrors
    RefuseOrderInput: orderId orderItemIds reason
    RefuseOrderPayload: order userErrors
    MarkOrderReadyInput: orderId
    MarkOrderReadyPayload: order userErrors
    CompleteOrderInput: orderId
    CompleteOrderPayload: order userErrors
    OrderStateChanged: code message path status
    UserErrorCode: ORDER_STATE_CHANGED
    Subscription: storeOrderEvents(storeId,after)
    OrderEvent: storeSequence
    Store: orders(filter,first,after,last,before) wallet
    StoreWallet: id balance pending entries(first,after,last,before)
    WalletEntry: id action amount balanceAfter order createdAt
    WalletAction: SALE PAYOUT
    WalletEntryConnection: edges nodes pageInfo totalCount
    OrderFilter: status placedFrom placedTo
    OrderLineInput: optionId quantity
    PlaceOrderInput: lines cartItemIds couponId points provider expectedTotal idempotencyKey
    CouponStatus: ISSUED REGISTERED USED EXPIRED
    Coupon: id code name discount minimumTotal store status expiresAt
    FixedDiscount: amount
    PercentDiscount: percent maximum
    FreeItem: option quantity
    CouponNotUsable: code message path problem
    StoreClosed: code message path options
    CouponProblem: UNKNOWN FOREIGN EXPIRED USED ALREADY_REGISTERED LIMIT_REACHED BELOW_MINIMUM NOTHING_TO_DISCOUNT
    RegisterCouponInput: code
    RegisterCouponPayload: coupon userErrors
    PublishCouponsInput: storeId name count fixedAmount percent maximum freeOptionId freeQuantity minimumTotal perMemberLimit expiresAt idempotencyKey
    PublishCouponsPayload: codes userErrors
    CouponConnection: edges nodes pageInfo totalCount
    PaymentProvider: POINT PORTONE TOSS KAKAOPAY
    PaymentStatus: READY PAID PARTIALLY_CANCELED CANCELED FAILED EXPIRED
    Payment: id provider status amount refunded checkout failure createdAt paidAt
    PaymentCheckout: clientKey storeId redirectUrl mobileRedirectUrl orderName amount expiresAt
    UserError: code message path
    UserErrorCode: INVALID_INPUT NOT_FOUND USER_ID_TAKEN BAD_CREDENTIALS BAD_TOKEN EMPTY_ORDER INSUFFICIENT_STOCK STOCK_CHANGED INSUFFICIENT_POINTS PRICE_CHANGED PRODUCT_UNAVAILABLE STORE_CLOSED POINT_LIMIT_EXCEEDED IDEMPOTENCY_KEY_REUSED COUPON_NOT_USABLE ORDER_NOT_CANCELABLE PAYMENT_UNAVAILABLE PAYMENT_DECLINED PAYMENT_MISMATCH PAYMENT_EXPIRED PICTURES_UNAVAILABLE
    InputError: code message path
    InsufficientStock: code message path shortages
    StockChanged: code message path quantity
    StockShortage: option requested available
    InsufficientPoints: code message path required balance
    Session: accessToken refreshToken expiresAt member
    SignUpInput: userId password nickname
    SignUpPayload: session userErrors
    SignInInput: userId password
    SignInPayload: session userErrors
    RefreshSessionInput: refreshToken
    RefreshSessionPayload: session userErrors
    SignOutPayload: userErrors
    ChangePasswordInput: currentPassword newPassword
    ChangePasswordPayload: session userErrors
    ChargePointsInput: amount idempotencyKey provider
    ChargePointsPayload: userPoint payment userErrors
    AddToCartInput: optionId quantity
    AddToCartPayload: cart userErrors
    UpdateCartItemInput: cartItemId quantity
    UpdateCartItemPayload: cart userErrors
    RemoveFromCartInput: cartItemIds
    RemoveFromCartPayload: cart userErrors
    ClearCartPayload: cart userErrors
    PlaceOrderPayload: order userErrors
    ConfirmPaymentInput: paymentId paymentKey pgToken
    ConfirmPaymentPayload: payment order userErrors
    AbandonPaymentInput: paymentId
    AbandonPaymentPayload: payment order userErrors
    SendGiftInput: toUserId optionId quantity message provider idempotencyKey
    SendGiftPayload: gift payment userErrors
    Gift: id from to coupon message sentAt
    GiftConnection: edges nodes pageInfo totalCount
    CancelOrderInput: orderId orderItemIds reason
    CancelOrderPayload: order userErrors
    RegisterMerchantInput: userId password nickname storeName
    RegisterMerchantPayload: session store userErrors
    SetStoreOpenInput: storeId isOpen
    SetStoreOpenPayload: store userErrors
    UpdateStoreInput: storeId name acceptMinutes
    UpdateStorePayload: store userErrors
    CreatePictureUploadInput: productId
    CreatePictureUploadPayload: upload userErrors
    PictureUpload: uploadUrl method expiresAt maxBytes
    UploadMethod: PUT
    ProductOptionInput: id name price stockQuantity
    CreateProductInput: storeId name description options
    CreateProductPayload: product userErrors
    UpdateProductInput: productId name description options
    UpdateProductPayload: product userErrors
    DeleteProductInput: productId
    DeleteProductPayload: product userErrors
    AdjustStockInput: optionId delta quantity expectedQuantity reason
    AdjustStockPayload: option userErrors
    ProductConnection: edges nodes pageInfo totalCount
    ProductEdge: cursor node
    StoreConnection: edges nodes pageInfo totalCount
    OrderConnection: edges nodes pageInfo totalCount
    PointEntryConnection: edges nodes pageInfo totalCount
    PageInfo: hasNextPage hasPreviousPage startCursor endCursor
    Won:
    DateTime:
";
