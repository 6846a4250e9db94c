picture-product-not-found = 없는 상품이에요.
picture-unavailable = 아직 사진을 보관할 곳이 없어요. 서버 관리자에게 문의해 주세요.

# What an upload is told.
picture-url-invalid = 사진을 올릴 수 없는 주소예요. 주소를 새로 받아 주세요.
picture-url-expired = 사진을 올릴 시간이 지났어요. 주소를 새로 받아 주세요.
picture-too-large = 사진은 { $max }KiB까지 올릴 수 있어요. 크기를 줄여 주세요.
picture-incomplete = 사진을 끝까지 받지 못했어요. 다시 올려 주세요.
picture-format-unsupported = PNG, JPEG, WebP 사진만 올릴 수 있어요.
picture-unreadable = 사진이 손상됐어요. 다른 사진을 올려 주세요.
picture-too-many-pixels = 사진은 { $max }백만 화소, 한 변 16,384픽셀까지 올릴 수 있어요. 크기를 줄여 주세요.
picture-busy = 지금 사진을 올리는 사람이 많아요. 잠시 후 다시 올려 주세요.
