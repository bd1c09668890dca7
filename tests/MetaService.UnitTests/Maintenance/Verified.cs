using MetaService.Maintenance.Verification;
using MetaService.Storage;

namespace MetaService.UnitTests.Maintenance;

/// <summary>What a verification of a store says.</summary>
internal static class Verified
{
    /// <summary>All defects of a store.</summary>
    public static async Task<IReadOnlyList<Defect>> DefectsAsync(IKvStore store) => (await RunAsync(store)).Defects;

    /// <summary>Checks that a store has no defects.</summary>
    public static async Task ShouldBeSoundAsync(IKvStore store) =>
        string.Join('\n', await DefectsAsync(store)).Should().BeEmpty();

    /// <summary>All defects of a store, and what was counted.</summary>
    public static async Task<(IReadOnlyList<Defect> Defects, VerificationSummary Summary)> RunAsync(IKvStore store)
    {
        var defects = new List<Defect>();
        var verifier = new StoreVerifier(new TransactionRunner(store, TimeProvider.System), TimeProvider.System);
        var summary = await verifier.RunAsync(defects.Add);
        summary.Defects.Should().Be(defects.Count);
        return (defects, summary);
    }
}
