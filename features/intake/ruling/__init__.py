"""Read the text of an enforcement ruling (执行裁定书): case, parties, events, measures, amounts, and checks of them."""
