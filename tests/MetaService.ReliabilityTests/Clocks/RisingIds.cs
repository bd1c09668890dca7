namespace MetaService.ReliabilityTests.Clocks;

/// <summary>Ids or versions, each of which must be above all before it.</summary>
internal sealed class RisingIds(string what)
{
    private readonly List<long> _ids = [];

    public int Count => _ids.Count;

    /// <exception cref="InvalidOperationException">It is not above the last one.</exception>
    public void Add(long id, string when)
    {
        if (_ids.Count > 0 && id <= _ids[^1])
        {
            throw new InvalidOperationException($"after {_ids[^1]} {what} {id} was given out, {when}");
        }

        _ids.Add(id);
    }
}
