namespace MetaService.Maintenance.Verification;

/// <summary>A kind of defect.</summary>
/// <param name="Name">Its name in reports, e.g. <c>txn_index_missing</c>.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record DefectKind(string Name, string Remedy)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}
