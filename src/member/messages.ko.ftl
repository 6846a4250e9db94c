member-bad-user-id = 아이디는 영문, 숫자, `.`, `_`, `-`로 3~32자까지 만들 수 있어요. 영문이나 숫자로 시작해 주세요.
member-bad-nickname = 닉네임은 줄바꿈 없이 1~30자로 입력해 주세요.
member-bad-password = 비밀번호는 8~128자로 입력해 주세요.
member-user-id-taken = 이미 사용 중인 아이디예요. 다른 아이디를 입력해 주세요.
member-bad-credentials = 아이디나 비밀번호가 맞지 않아요. 다시 확인해 주세요.
member-bad-token = 로그인이 만료됐어요. 다시 로그인해 주세요.
member-wrong-password = 현재 비밀번호가 맞지 않아요. 다시 확인해 주세요.
