using System.Globalization;
using System.Text;

namespace MetaService.ReliabilityTests.Linearizability;

/// <summary>What the search found.</summary>
/// <param name="Problem">Why no order of the calls explains their answers; null when one does.</param>
/// <param name="Configurations">How many configurations it looked at.</param>
internal sealed record Verdict(string? Problem, int Configurations);

/// <summary>
/// Searches for an order of the calls of a history in which each gives the answer that it got, and in which a call that had
/// returned before another was made comes before it (Wing and Gong, "Testing and verifying concurrent objects"). A configuration,
/// the set of calls placed and the state that they led to, is looked at once only (Lowe, "Testing for linearizability").
/// </summary>
/// <remarks>
/// A call of unknown outcome may be placed anywhere after it was made, or nowhere. It is tried after those that must be placed,
/// and only where it changes something.
/// </remarks>
internal sealed class LinearizabilityChecker
{
    /// <summary>
    /// A search that has not ended by then has failed: a right history of the sizes used here needs a hundredth of it.
    /// </summary>
    private const int MostConfigurations = 300_000;

    private readonly Entry[] _entries;
    private readonly bool[] _placed;
    private readonly int _known;
    private readonly HashSet<Configuration> _seen = [];

    private int _bestKnown = -1;
    private World _bestWorld = World.Empty;
    private bool[] _bestPlaced = [];

    private LinearizabilityChecker(IEnumerable<Entry> entries)
    {
        // A read that nobody knows the answer of tells nothing.
        _entries = [.. entries.Where(e => e.IsKnown || !e.Call.IsRead).OrderBy(e => e.Invoked)];
        _placed = new bool[_entries.Length];
        _known = _entries.Count(e => e.IsKnown);
    }

    /// <summary>Judges the calls on one world, which has no instance at first.</summary>
    public static Verdict Check(IEnumerable<Entry> entries)
    {
        var checker = new LinearizabilityChecker(entries);
        var isExplained = checker.Search(World.Empty, known: 0, low: 0);
        return new Verdict(isExplained ? null : checker.Explain(), checker._seen.Count);
    }

    private bool Search(World world, int known, int low)
    {
        if (known > _bestKnown)
        {
            (_bestKnown, _bestWorld, _bestPlaced) = (known, world, [.. _placed]);
        }

        if (known == _known)
        {
            return true;
        }

        while (_placed[low])
        {
            low++;
        }

        // Whatever comes next was made before the first of those still to be placed returned.
        var end = low;
        for (var firstReturn = Entry.Never; end < _entries.Length && _entries[end].Invoked < firstReturn; end++)
        {
            firstReturn = _placed[end] ? firstReturn : Math.Min(firstReturn, _entries[end].Returned);
        }

        return Try(isKnown: true) || Try(isKnown: false);

        bool Try(bool isKnown)
        {
            for (var i = low; i < end; i++)
            {
                if (!_placed[i] && _entries[i].IsKnown == isKnown && TryPlace(world, i, known, low))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private bool TryPlace(World world, int index, int known, int low)
    {
        var entry = _entries[index];
        var (next, answer) = ApiModel.Apply(world, entry.Call);
        if (entry.IsKnown ? answer != entry.Answer : next.Equals(world))
        {
            return false;
        }

        _placed[index] = true;
        var isExplained = _seen.Count < MostConfigurations
            && _seen.Add(new Configuration(_placed, next))
            && Search(next, known + (entry.IsKnown ? 1 : 0), low);
        _placed[index] = isExplained;
        return isExplained;
    }

    private string Explain()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"no order of these {_entries.Length} calls explains their answers; ");
        text.Append(CultureInfo.InvariantCulture, $"at best {_bestKnown} of {_known} known answers fit, and lead to the state\n");
        text.Append(CultureInfo.InvariantCulture, $"  {_bestWorld}\n");
        text.Append(_seen.Count < MostConfigurations ? "" : "(the search was given up)\n");
        text.Append("Calls that do not fit behind that:\n");
        foreach (var (index, entry) in _entries.Index().Where(e => !_bestPlaced[e.Index]).Take(12))
        {
            var (_, answer) = ApiModel.Apply(_bestWorld, entry.Call);
            text.Append(CultureInfo.InvariantCulture, $"  {entry}, the model says {answer}\n");
        }

        text.Append("All calls on these instances:\n");
        return text.AppendJoin('\n', _entries.Select(e => $"  {e}")).Append('\n').ToString();
    }

    /// <summary>Which calls are placed, and the state that they lead to.</summary>
    private sealed class Configuration : IEquatable<Configuration>
    {
        private readonly byte[] _bits;
        private readonly World _world;

        public Configuration(bool[] placed, World world)
        {
            _bits = new byte[(placed.Length + 7) / 8];
            for (var i = 0; i < placed.Length; i++)
            {
                _bits[i / 8] |= placed[i] ? (byte)(1 << (i % 8)) : (byte)0;
            }

            _world = world;
        }

        public bool Equals(Configuration? other) =>
            other is not null && _bits.AsSpan().SequenceEqual(other._bits) && _world.Equals(other._world);

        public override bool Equals(object? obj) => Equals(obj as Configuration);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.AddBytes(_bits);
            hash.Add(_world);
            return hash.ToHashCode();
        }
    }
}
