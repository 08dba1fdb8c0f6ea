/** A crash on request, for a program that has none: `node --import` this one, and SIGUSR2 throws where nothing catches. */
process.on('SIGUSR2', () => {
  throw new Error('a crash on request');
});
