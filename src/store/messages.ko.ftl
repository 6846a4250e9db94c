store-not-found = 내 스토어가 아니에요. 다시 확인해 주세요.
store-bad-name = 스토어 이름은 줄바꿈 없이 1~{ $max }자로 입력해 주세요.
store-bad-accept-minutes = 주문을 수락할 시간은 { $min }~{ $max }분으로 정해 주세요.
