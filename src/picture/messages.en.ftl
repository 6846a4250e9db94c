picture-product-not-found = There is no product with this id.
picture-unavailable = This shop has no place for pictures yet. Ask whoever runs the server.

# What an upload is told.
picture-url-invalid = This is not an address to upload to. Ask for a new one.
picture-url-expired = The time to upload is over. Ask for a new address.
picture-too-large = A picture has at most { $max } KiB: make it smaller.
picture-incomplete = The picture did not arrive whole: send it again.
picture-format-unsupported = Pictures are PNG, JPEG or WebP: choose one of these.
picture-unreadable = The picture is damaged: choose another.
picture-too-many-pixels = A picture has at most { $max } million pixels, and 16,384 on a side: make it smaller.
picture-busy = Many pictures are being uploaded at the moment. Try again in a moment.
