member-bad-user-id = A user id has 3 to 32 characters: letters a to z, digits, `.`, `_` and `-`, beginning with a letter or a digit.
member-bad-nickname = A nickname has 1 to 30 characters, any letters, no control characters.
member-bad-password = A password has 8 to 128 characters.
member-user-id-taken = Another member has this userId: choose another.
member-bad-credentials = The userId and the password do not belong together.
member-bad-token = This refresh token is not good, or no longer: sign in again.
member-wrong-password = This is not your current password.
