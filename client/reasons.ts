/** What the wire says for programs about the end of a session, for people. */
const WORDS = new Map([
  ['node_stopped', 'its node was stopped'],
  ['node_restarted', 'its node has started anew'],
  ['node_silent', 'its node does not answer'],
  ['node_gone', 'its node has been away for too long'],
  ['node_removed', 'the login of its node was taken away'],
  ['agent_exited', 'its agent has ended'],
  ['resume_failed', 'it could not be brought back'],
  ['closed', 'it was closed'],
  ['timeout', 'nothing happened in it for as long as it may be idle'],
  ['failed', 'it could not be started'],
  ['imported', 'it was imported'],
  ['deleted', 'it was deleted'],
]);

/** The end of a sentence that begins with "The session is lost:" or "has ended:". A word that is not known stays as it is. */
export const whyOf = (reason: string): string => WORDS.get(reason) ?? reason;
