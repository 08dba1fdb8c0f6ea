# A REPL that shows what was typed and then answers: how often it was interrupted meanwhile. It says both at once, but for "slow". At its
# prompt an interrupt brings another one, after a moment. The answer to "late" is on its way when the interrupt comes.
import signal, sys, termios, time
def say(text):
  sys.stdout.write(text)
  sys.stdout.flush()
hits = 0
at_prompt = False
def hit(*_):
  global hits
  hits += 1
  if at_prompt:
    time.sleep(0.1)
    say('\ninterrupted\n>>> ')
signal.signal(signal.SIGINT, hit)
mode = termios.tcgetattr(0)
mode[3] &= ~termios.ECHO
termios.tcsetattr(0, termios.TCSANOW, mode)
say('>>> ')
while True:
  at_prompt = True
  line = sys.stdin.readline()
  at_prompt = False
  hits = 0
  if 'slow' in line:
    say(line)
    line = ''
    time.sleep(0.2)
  if 'late' in line:
    say(line)
    signal.pause()
    say('answer\n>>> ')
    time.sleep(0.1)
    line = '\n'
  say('%s%d hits\n>>> ' % (line, hits))
