"""Chinese service chats with tags, and Korean delivery chats with keywords."""

import random

from .common import Row, number, pair, record, records, slip, turns, values

GOODS = records("""
羽绒服 @ 拉链坏了 @ [拉链损坏|拉链无法使用] @ 补发一条拉链 @ 质量问题
蓝牙耳机 @ 左耳没有声音 @ [左耳无声|左边耳机没声音] @ 换一副新的 @ 换货
电饭煲 @ 屏幕不亮 @ [屏幕不显示|显示屏不亮] @ 寄回检测 @ 维修
儿童书包 @ 颜色发错了 @ [颜色不对|颜色有误] @ 重新发货 @ 发错货
茶叶礼盒 @ 盒子压扁了 @ [外盒被压坏|包装受损] @ 退一半运费 @ 包装破损
运动鞋 @ 尺码偏小 @ [鞋子太小|尺码不合适] @ 换大一码 @ 换货
保温杯 @ 漏水 @ [杯子漏水|杯盖密封不好] @ 全额退款 @ 退款
台灯 @ 一直闪 @ [灯光闪烁|灯光不稳定] @ 换一个灯泡 @ 质量问题
洗面奶 @ 用了过敏 @ [使用后过敏|皮肤出现过敏] @ 退货退款 @ 退款
行李箱 @ 轮子掉了 @ [轮子脱落|一个轮子坏了] @ 寄一个新轮子 @ 维修
猫粮 @ 日期快过期了 @ [临近保质期|保质期太短] @ 换新批次 @ 换货
键盘 @ 空格键没反应 @ [空格键失灵|空格键按不动] @ 上门取件 @ 维修
床单 @ 少发了一个枕套 @ [缺少一个枕套|少了枕套] @ 补发枕套 @ 少发货
手机壳 @ 型号不对 @ [型号不匹配|装不上手机] @ 重发正确型号 @ 发错货
空气炸锅 @ 三天了还没发货 @ [迟迟未发货|发货太慢] @ 今天加急发出 @ 物流
月饼 @ 送到别人家了 @ [包裹投递错误|快递送错地址] @ 联系快递取回 @ 物流
雨伞 @ 一撑就断 @ [伞骨断裂|伞骨容易断] @ 补偿优惠券 @ 质量问题
投影仪 @ 遥控器连不上 @ [遥控器无法连接|遥控器失灵] @ 远程指导设置 @ 咨询
""")
SHOP = """
买家: [你好|在吗|亲，在不在|您好]，[我买的|上周买的|前几天收到的]{goods}{bad}[！|，怎么办？|。]
客服: [您好亲|亲亲您好|您好]，[非常抱歉|给您带来不便了|真的不好意思]，[请提供一下订单号|订单号发一下好吗]？
买家: {order}
?客服: [可以拍张照片吗|麻烦发个视频看看|您签收几天了]？
&买家: [发过去了|好的，图片|昨天刚签收]
客服: [查到了|收到]，[我们可以给您|这边帮您|建议]{fix}，[您看行吗|可以接受吗|怎么样]？
?买家: [需要我出运费吗|要等多久|太麻烦了吧]？
&客服: [不用，我们承担|大概{days}天|会尽快处理的]
买家: [行吧|好的，谢谢|可以|那就这样]
客服: [{days}天内处理好|预计{days}天完成]，[祝您生活愉快|有问题随时联系]
"""
SHOP_FRAMES = [
    "【{tag}】",
    "[买家反映{goods}{bad_long}，|用户购买的{goods}{bad_long}，|因{goods}{bad_long}，买家联系客服，|{goods}出现问题：{bad_long}，]",
    "[订单号{order}，|]",
    "[客服同意{fix}|客服提出{fix}，买家接受|最终决定{fix}|双方商定{fix}]",
    "[，预计{days}天完成。|，{days}天内处理。|，大约需要{days}天。|。]",
]


def chinese_shop(chance: random.Random) -> Row:
    """Chinese service chats, summed up as a category in brackets and a sentence."""
    facts = record(chance, GOODS, "goods bad bad_long fix tag")
    facts |= {"order": number(chance, 100000, 999999), "days": number(chance, 2, 15)}
    mark = chance.choice(("：", ":", "： "))
    dialogue = "\n".join(f"{key}{mark}{text}" for key, text in turns(chance, SHOP, facts))
    wrong = slip(chance, facts, {"days": None, "order": None, "tag": [row[4] for row in GOODS]})
    reference, prediction = pair(chance, SHOP_FRAMES, facts, wrong, joiner="", caps=False)
    return {"dialogue": dialogue, "reference": reference, "prediction": prediction}


MEALS = records("""
치킨 @ 무가 빠졌어요 @ [무 누락|치킨무 빠짐] @ 쿠폰을 드릴게요 @ [쿠폰 보상|쿠폰 지급]
떡볶이 @ 다 식어서 왔어요 @ [식은 음식|음식 식음] @ 다시 보내 드릴게요 @ [재배달|다시 배달]
피자 @ 다른 피자가 왔어요 @ [메뉴 오류|다른 메뉴 도착] @ 환불해 드릴게요 @ [환불|결제 취소]
냉면 @ 육수가 샜어요 @ [육수 샘|포장 불량] @ 부분 환불해 드릴게요 @ [부분 환불|일부 환불]
김밥 @ 한 줄이 부족해요 @ [수량 부족|한 줄 누락] @ 한 줄 더 보낼게요 @ [추가 배달|김밥 추가]
짜장면 @ 면이 다 불었어요 @ [불은 면|면 상태 불량] @ 다음에 서비스 드릴게요 @ [다음 주문 서비스|서비스 약속]
초밥 @ 아직 안 왔어요 @ [배달 지연|미도착] @ 기사님께 전화해 볼게요 @ [기사 확인|기사에게 전화]
커피 @ 얼음이 다 녹았어요 @ [얼음 녹음|커피 품질 불만] @ 새로 만들어 드릴게요 @ [재제조|새 커피]
족발 @ 주소가 잘못됐어요 @ [주소 오류|배달지 변경] @ 주소를 바꿔 드릴게요 @ [주소 수정|주소 변경 완료]
햄버거 @ 감자튀김이 없어요 @ [감자튀김 누락|사이드 빠짐] @ 바로 보내 드릴게요 @ [즉시 배달|바로 배송]
비빔밥 @ 머리카락이 나왔어요 @ [이물질 발견|위생 문제] @ 전액 환불해 드릴게요 @ [전액 환불|전체 환불]
삼겹살 @ 쌈장을 추가하고 싶어요 @ [쌈장 추가|소스 요청] @ 같이 보내 드릴게요 @ [요청 수락|추가 확인]
케이크 @ 초가 안 들어 있어요 @ [초 누락|초 없음] @ 초를 따로 보낼게요 @ [초 별도 배송|초 추가 발송]
칼국수 @ 너무 짜요 @ [짠 맛|간 조절 불만] @ 사장님께 전달할게요 @ [사장 전달|매장 전달]
만두 @ 결제가 두 번 됐어요 @ [중복 결제|이중 결제] @ 한 건 취소해 드릴게요 @ [한 건 취소|결제 취소]
도시락 @ 시간을 바꾸고 싶어요 @ [시간 변경|배달 시간 문의] @ 시간을 바꿔 드릴게요 @ [변경 완료|시간 조정]
""")
PLACES = values("""
강남구; 마포구; 해운대; 수원; 분당; 종로; 송파구; 일산; 대전 유성; 인천 송도; 광주 상무; 대구 수성; 제주시; \
전주; 울산; 춘천
""")
ORDER = """
손님: [안녕하세요|저기요|여보세요], {meal} [주문했는데|시켰는데] {bad}[ ㅠㅠ| ㅜㅜ|!|...]
상담: [죄송합니다|불편을 드려 죄송해요]. [어느 지역이세요?|배달 주소가 어디세요?]
손님: {place}[이요|입니다|예요].
?상담: [주문 번호 알려 주세요.|몇 시에 주문하셨어요?]
&손님: [{n}번이요.|{hour}시쯤이요.]
상담: [네 확인했습니다.|확인됐어요.] {fix}.
?손님: [얼마나 걸려요?|언제쯤 될까요?]
상담: [약|한] {minutes}분 [걸립니다|정도 기다려 주세요].
손님: [네 감사합니다|알겠습니다|네네] [^^|~|]
"""
ORDER_FRAMES = [
    "{meal}[ 주문| 배달|]",
    "?~{place}",
    "~{bad_long}",
    "~{fix_long}",
    "?{minutes}분[ 소요| 대기|]",
    "?[고객 수락|고객 동의|사과]",
]


def korean_delivery(chance: random.Random) -> Row:
    """Korean delivery chats, summed up as keywords between commas."""
    facts = record(chance, MEALS, "meal bad bad_long fix fix_long")
    facts |= {"place": chance.choice(PLACES), "n": number(chance, 100, 999), "hour": number(chance, 1, 11)}
    facts["minutes"] = number(chance, 10, 90, 5)
    dialogue = "\n".join(f"{key}: {text}" for key, text in turns(chance, ORDER, facts))
    wrong = slip(chance, facts, {"place": PLACES, "minutes": None, "fix_long": [row[4] for row in MEALS]})
    reference, prediction = pair(chance, ORDER_FRAMES, facts, wrong, joiner=", ", same=0.4, caps=False)
    return {"dialogue": dialogue, "reference": reference, "prediction": prediction}
