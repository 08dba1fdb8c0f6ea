// A program on a terminal that would like to do things to whoever looks at it. A line that is typed is said back; `flood` is answered with
// 5 MB, `exit` ends it.
const say = (text) => process.stdout.write(text);
process.stdin.setRawMode(true);
// A title, the clipboard, questions to the terminal, mouse reports, another character set, a bell.
say(
  '\x1b]0;a false title\x07\x1b]52;c;ZXZpbA==\x07\x1b]8;;http://evil.example\x07link\x1b]8;;\x07\x1b[c\x1b[6n\x1b[?1003h\x1b(0\x1b(B\x07',
);
say('\r\n\x1b[1;31mred\x1b[0m 你好 plain\r\nready\r\n');
let line = '';
process.stdin.on('data', (data) => {
  for (const key of data.toString('latin1'))
    if (key !== '\r') line += key;
    else {
      const said = line;
      line = '';
      if (said === 'exit') process.exit(0);
      if (said === 'flood') for (let i = 0; i < 50_000; i++) say(`${'x'.repeat(90)} ${i}\r\n`);
      say(`got ${said}\r\ndone\r\n`);
    }
});
