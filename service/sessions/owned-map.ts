/** The entries of one owner among many, such that the owner of a key is found without a look at every one of them. */
export class OwnedMap<Value, Owner> extends Map<string, Value> {
  private index: Map<string, Owner> | undefined;
  private owner: Owner | undefined;

  /** From now on `index` says of each key that it is this owner's. */
  join(index: Map<string, Owner>, owner: Owner): void {
    this.index = index;
    this.owner = owner;
    for (const key of this.keys()) index.set(key, owner);
  }

  /** The owner is gone, and its keys are nobody's. */
  leave(): void {
    for (const key of this.keys()) this.disown(key);
    this.index = undefined;
  }

  override set(key: string, value: Value): this {
    this.index?.set(key, this.owner!);
    return super.set(key, value);
  }

  override delete(key: string): boolean {
    this.disown(key);
    return super.delete(key);
  }

  override clear(): void {
    for (const key of this.keys()) this.disown(key);
    super.clear();
  }

  private disown(key: string): void {
    if (this.index?.get(key) === this.owner) this.index?.delete(key);
  }
}
