using MetaService.Storage;

namespace MetaService.TestKit.Storage;

/// <summary>A kind of failure that <see cref="FaultyKvStore"/> injects.</summary>
public enum Fault
{
    /// <summary>The call is carried out.</summary>
    None,

    /// <summary>A commit is refused as a conflict.</summary>
    Conflict,

    /// <summary>A read or a commit is refused as too old.</summary>
    TooOld,

    /// <summary>A read or a commit is refused as unavailable.</summary>
    Unavailable,

    /// <summary>A commit is applied and its reply lost.</summary>
    UnknownApplied,

    /// <summary>A commit is lost before it was applied.</summary>
    UnknownNotApplied,

    /// <summary>
    /// A commit is still on its way when its reply is given up, and lands, if it still can, during a later call.
    /// </summary>
    UnknownAppliedLater,

    /// <summary>
    /// A read or a commit is given up after a pause. A commit is then still on its way, as in <see cref="UnknownAppliedLater"/>.
    /// </summary>
    TimedOut,

    /// <summary>A read or a commit is carried out after a pause.</summary>
    Slow,
}

/// <summary>How likely each failure is per call, each from 0 to 1.</summary>
public sealed record FaultRates
{
    public double Conflict { get; init; }

    public double TooOld { get; init; }

    public double Unavailable { get; init; }

    public double UnknownApplied { get; init; }

    public double UnknownNotApplied { get; init; }

    public double UnknownAppliedLater { get; init; }

    public double TimedOut { get; init; }

    public double Slow { get; init; }

    /// <summary>Longest pause of a slow call and of one that is given up; zero lets others run in between, no more.</summary>
    public TimeSpan LongestPause { get; init; }

    /// <summary>Every failure with the same rate.</summary>
    public static FaultRates Each(double rate) => new()
    {
        Conflict = rate,
        TooOld = rate,
        Unavailable = rate,
        UnknownApplied = rate,
        UnknownNotApplied = rate,
        UnknownAppliedLater = rate,
        TimedOut = rate,
        Slow = rate,
    };

    /// <summary>The rates of the failures that may follow from a call.</summary>
    public IEnumerable<(Fault Fault, double Rate)> Of(bool commit)
    {
        yield return (Fault.TooOld, TooOld);
        yield return (Fault.Unavailable, Unavailable);
        yield return (Fault.TimedOut, TimedOut);
        yield return (Fault.Slow, Slow);
        if (commit)
        {
            yield return (Fault.Conflict, Conflict);
            yield return (Fault.UnknownApplied, UnknownApplied);
            yield return (Fault.UnknownNotApplied, UnknownNotApplied);
            yield return (Fault.UnknownAppliedLater, UnknownAppliedLater);
        }
    }
}

/// <summary>
/// A store over a network that fails at random: with one caller at a time, equal seeds give equal failures. A commit whose
/// outcome was answered as unknown may still land later, in the midst of the caller's next calls. Thread-safe.
/// </summary>
public sealed class FaultyKvStore(IKvStore inner, int seed, FaultRates rates) : KvStoreDecorator(inner)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);
    private readonly Dictionary<Fault, int> _injected = [];
    private readonly List<InFlight> _inFlight = [];

    public override bool CommitsCanBeUnknown => true;

    /// <summary>Commits that landed late and were applied, and those that came too late to be.</summary>
    public (int Applied, int Refused) Late { get; private set; }

    /// <summary>How often calls met a fault.</summary>
    public int InjectedFaults
    {
        get
        {
            lock (_lock)
            {
                return _injected.Where(f => f.Key != Fault.None).Sum(f => f.Value);
            }
        }
    }

    public int Injected(Fault fault)
    {
        lock (_lock)
        {
            return _injected.GetValueOrDefault(fault);
        }
    }

    public override IKvTransaction BeginTransaction() => new FaultyTransaction(Inner.BeginTransaction(), this);

    public override IKvReader BeginRead() => new FaultyReader(Inner.BeginRead(), this);

    public override async ValueTask DisposeAsync()
    {
        await LandAsync(all: true);
        await base.DisposeAsync();
    }

    /// <summary>Lets commits land that are on their way: those whose time has come, or all.</summary>
    public async Task LandAsync(bool all)
    {
        foreach (var landing in TakeDue(all))
        {
            var commit = await landing.Transaction.CommitAsync();
            landing.Transaction.Dispose();
            lock (_lock)
            {
                Late = commit.IsCommitted ? (Late.Applied + 1, Late.Refused) : (Late.Applied, Late.Refused + 1);
            }
        }
    }

    private InFlight[] TakeDue(bool all)
    {
        lock (_lock)
        {
            _inFlight.ForEach(flight => flight.CallsLeft--);
            var due = _inFlight.Where(flight => all || flight.CallsLeft <= 0).ToArray();
            _inFlight.RemoveAll(due.Contains);
            return due;
        }
    }

    private Fault Draw(bool commit)
    {
        lock (_lock)
        {
            var drawn = Fault.None;
            var point = _random.NextDouble();
            foreach (var (fault, rate) in rates.Of(commit))
            {
                if ((point -= rate) < 0)
                {
                    drawn = fault;
                    break;
                }
            }

            _injected[drawn] = _injected.GetValueOrDefault(drawn) + 1;
            return drawn;
        }
    }

    private async Task FailReadAsync()
    {
        await LandAsync(all: false);
        switch (Draw(commit: false))
        {
            case Fault.TooOld:
                throw new KvException(KvError.TooOld, "injected");
            case Fault.Unavailable:
                throw new KvException(KvError.Unavailable, "injected");
            case Fault.TimedOut:
                await PauseAsync();
                throw new KvException(KvError.Unavailable, "injected");
            case Fault.Slow:
                await PauseAsync();
                break;
        }
    }

    private async Task PauseAsync()
    {
        double part;
        lock (_lock)
        {
            part = _random.NextDouble();
        }

        // At zero the delay is over at once; the caller goes on elsewhere all the same.
        await Task.Delay(rates.LongestPause * part);
        await Task.Yield();
    }

    private void SendLate(IKvTransaction transaction)
    {
        lock (_lock)
        {
            _inFlight.Add(new InFlight(transaction) { CallsLeft = _random.Next(1, 7) });
        }
    }

    private sealed class InFlight(IKvTransaction transaction)
    {
        public IKvTransaction Transaction => transaction;

        public int CallsLeft { get; set; }
    }

    private sealed class FaultyTransaction(IKvTransaction inner, FaultyKvStore store) : KvTransactionDecorator(inner)
    {
        private bool _onItsWay;

        public override async ValueTask<byte[]?> GetAsync(
            ReadOnlyMemory<byte> key, bool snapshot, CancellationToken cancellationToken)
        {
            await store.FailReadAsync();
            return await base.GetAsync(key, snapshot, cancellationToken);
        }

        public override async ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options, CancellationToken cancellationToken)
        {
            await store.FailReadAsync();
            return await base.GetRangeAsync(begin, end, options, cancellationToken);
        }

        public override async ValueTask<KvCommit> CommitAsync(CancellationToken cancellationToken)
        {
            await store.LandAsync(all: false);
            switch (store.Draw(commit: true))
            {
                case Fault.Conflict:
                    return KvCommit.Failed(KvError.Conflict, "injected");
                case Fault.TooOld:
                    return KvCommit.Failed(KvError.TooOld, "injected");
                case Fault.Unavailable:
                    return KvCommit.Failed(KvError.Unavailable, "injected");
                case Fault.UnknownNotApplied:
                    return KvCommit.Failed(KvError.CommitUnknown, "injected");
                case Fault.UnknownApplied:
                    // A refusal of the store itself is a reply that can be lost as well.
                    await base.CommitAsync(cancellationToken);
                    return KvCommit.Failed(KvError.CommitUnknown, "injected");
                case Fault.TimedOut:
                    await store.PauseAsync();
                    goto case Fault.UnknownAppliedLater;
                case Fault.UnknownAppliedLater:
                    _onItsWay = true;
                    store.SendLate(Inner);
                    return KvCommit.Failed(KvError.CommitUnknown, "injected");
                case Fault.Slow:
                    await store.PauseAsync();
                    goto default;
                default:
                    return await base.CommitAsync(cancellationToken);
            }
        }

        public override void Dispose()
        {
            if (!_onItsWay)
            {
                base.Dispose();
            }
        }
    }

    private sealed class FaultyReader(IKvReader inner, FaultyKvStore store) : IKvReader
    {
        public ValueTask<long> GetReadVersionAsync(CancellationToken cancellationToken) =>
            inner.GetReadVersionAsync(cancellationToken);

        public async ValueTask<byte[]?> GetAsync(ReadOnlyMemory<byte> key, bool snapshot, CancellationToken cancellationToken)
        {
            await store.FailReadAsync();
            return await inner.GetAsync(key, snapshot, cancellationToken);
        }

        public async ValueTask<KvRange> GetRangeAsync(
            ReadOnlyMemory<byte> begin, ReadOnlyMemory<byte> end, KvRangeOptions options, CancellationToken cancellationToken)
        {
            await store.FailReadAsync();
            return await inner.GetRangeAsync(begin, end, options, cancellationToken);
        }

        public void Dispose() => inner.Dispose();
    }
}
