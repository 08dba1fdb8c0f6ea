# A REPL that shows what was typed and then answers: how often it was interrupted meanwhile. It says both at once, but for "slow".
import signal, sys, termios, time
def say(text):
  sys.stdout.write(text)
  sys.stdout.flush()
hits = 0
def hit(*_):
  global hits
  hits += 1
signal.signal(signal.SIGINT, hit)
mode = termios.tcgetattr(0)
mode[3] &= ~termios.ECHO
termios.tcsetattr(0, termios.TCSANOW, mode)
say('>>> ')
while True:
  line = sys.stdin.readline()
  hits = 0
  if 'slow' in line:
    say(line)
    line = ''
    time.sleep(0.2)
  say('%s%d hits\n>>> ' % (line, hits))
