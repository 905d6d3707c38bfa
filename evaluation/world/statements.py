"""placeholder"""
def deliver(*args):
    pass
